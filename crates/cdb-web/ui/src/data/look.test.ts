import { describe, expect, it } from "vitest";
import { link, lookOf, scriptParameter } from "./look.ts";

describe("how a stream is looked at", () => {
  it("is in the address, and comes back from it", () => {
    const script = "if $('a') > 5 | map($, count)";
    const to = link(
      "u/d/s",
      { transform: script, [scriptParameter("counts")]: "count" },
      "?range=day",
    );
    const { pathname, search } = new URL(to, "http://localhost");
    expect(pathname).toBe("/u/d/s");
    expect(new URLSearchParams(search).get("range")).toBe("day");
    expect(lookOf(search)).toEqual({
      transform: script,
      view: undefined,
      scripts: { counts: "count" },
    });
    expect(link("u/d/s", { transform: "", range: "" }, "?transform=x&range=day")).toBe("/u/d/s");
    expect(lookOf("")).toEqual({ transform: "", view: undefined, scripts: {} });
  });
});
