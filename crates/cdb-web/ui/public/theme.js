// Before the first picture: the theme that was chosen on this browser. See src/data/preferences.ts.
try {
  const { theme } = JSON.parse(localStorage.getItem("preferences") ?? "{}");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Nothing can be read: the theme of the system it is.
}
