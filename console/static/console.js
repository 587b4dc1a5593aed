// Says when the server cannot be reached; htmx itself says it only to the developer's console.
document.addEventListener("htmx:error", (event) => {
  if (event.detail && event.detail.ctx) {
    document.getElementById("offline").hidden = false;
  }
});
document.addEventListener("htmx:after:request", () => {
  document.getElementById("offline").hidden = true;
});
// What was just done is read out: the part of a page that tells of it takes the focus.
document.addEventListener("htmx:after:swap", () => {
  const told = document.querySelector("[data-focus]");
  if (told) {
    told.removeAttribute("data-focus");
    told.focus();
  }
});
