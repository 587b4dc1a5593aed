// Says when the server cannot be reached; htmx itself says it only to the developer's console.
document.addEventListener("htmx:error", (event) => {
  if (event.detail && event.detail.ctx) {
    document.getElementById("offline").hidden = false;
  }
});
document.addEventListener("htmx:after:request", () => {
  document.getElementById("offline").hidden = true;
});

// What stood in a part that is replaced has the focus no more: then its heading has it, so that
// whoever goes on by keyboard, or listens, is where the news is.
let heldFocus = false;
document.addEventListener("htmx:before:swap", () => {
  const step = document.getElementById("connect");
  heldFocus = Boolean(step && step.contains(document.activeElement));
});
document.addEventListener("htmx:after:swap", () => {
  const heading = document.querySelector("#connect h1");
  if (heldFocus && heading && document.activeElement === document.body) {
    heading.focus();
  }
  heldFocus = false;
});

// Buttons that copy a field; without a script the field can be selected as any other.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    document.getElementById(`${field.id}-said`).textContent = button.dataset.said;
  });
}

// What was just done is read out: the part of a page that tells of it takes the focus.
document.addEventListener("htmx:after:swap", () => {
  const told = document.querySelector("[data-focus]");
  if (told) {
    told.removeAttribute("data-focus");
    told.focus();
  }
});

// A click anywhere in a row of a list to choose from chooses it; links and fields keep their own.
document.addEventListener("click", (event) => {
  const row = event.target.closest(".rc-choose tbody tr");
  const radio = row && row.querySelector("input[type=radio]");
  if (radio && !event.target.closest("a, button, input, label, select")) {
    radio.checked = true;
  }
});

// Without a script one prints by the browser's own menu.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
