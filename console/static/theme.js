// The screens are dark where the device is, and follow when its setting changes. Read in the head
// before the style sheets, so that no light page is seen first. Without a script they are light;
// on paper they are light too, which console.css and Tabler see to.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wear = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  wear();
  dark.addEventListener("change", wear);
}
