// Says when the server cannot be reached; htmx itself says it only to the developer's console.
document.addEventListener("htmx:error", (event) => {
  if (event.detail && event.detail.ctx) {
    document.getElementById("offline").hidden = false;
  }
});
document.addEventListener("htmx:after:request", () => {
  document.getElementById("offline").hidden = true;
});

// A click anywhere in a row of a list to choose from chooses it; links and fields keep their own.
document.addEventListener("click", (event) => {
  const row = event.target.closest(".rc-choose tbody tr");
  const radio = row && row.querySelector("input[type=radio]");
  if (radio && !event.target.closest("a, button, input, label, select")) {
    radio.checked = true;
  }
});
