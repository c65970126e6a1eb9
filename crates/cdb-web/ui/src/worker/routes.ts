// Which addresses are the page, and which are its files: as the server has it. No DOM.

/** The path of an object has at most so many names. */
const MAX_NAMES = 3;

/** Whether an address is that of a file of some version of the page. */
export function isFile(path: string): boolean {
  return path.startsWith("/app/assets/");
}

/** Whether the page is at an address, when a browser goes there. */
export function isPage(path: string): boolean {
  const names = path.split("/").filter(Boolean);
  if (names[0] === "api" || isFile(path)) return false;
  return names[0] === "app" || names.length <= MAX_NAMES;
}
