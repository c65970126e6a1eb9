import { expect, it } from "vitest";
import { isFile, isPage } from "./routes.ts";

it("knows the page from the protocol and from files", () => {
  for (const path of ["/", "/mara", "/mara/garden/temperature", "/app/settings/me/too", "/apple"]) {
    expect(isPage(path), path).toBe(true);
    expect(isFile(path), path).toBe(false);
  }
  for (const path of ["/api/v1/session", "/api", "/a/b/c/data", "/app/assets/00/index.js"]) {
    expect(isPage(path), path).toBe(false);
  }
  expect(isFile("/app/assets/0123456789abcdef/map.js")).toBe(true);
});
