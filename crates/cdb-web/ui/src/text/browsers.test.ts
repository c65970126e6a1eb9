import { expect, it } from "vitest";
import { browserOf } from "./browsers.ts";

it("names browsers and their systems", () => {
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36";
  expect(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "Firefox on Linux",
  );
  expect(browserOf(`Mozilla/5.0 (Linux; Android 15) ${chrome}`)).toBe("Chrome on Android");
  expect(browserOf(`Mozilla/5.0 (Windows NT 10.0) ${chrome} Edg/150.0`)).toBe("Edge on Windows");
  expect(
    browserOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Version/18 Safari/604.1"),
  ).toBe("Safari on iOS");
  expect(browserOf("curl/8.5.0")).toBe("curl/8.5.0");
  expect(browserOf("")).toBe("Another program");
});
