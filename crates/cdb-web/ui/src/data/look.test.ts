import { describe, expect, it } from "vitest";
import { boundsOf, link, lookOf, scriptParameter } from "./look.ts";

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
      range: { seconds: 86_400 },
      transform: script,
      view: undefined,
      scripts: { counts: "count" },
    });
    expect(link("u/d/s", { transform: "", range: "" }, "?transform=x&range=day")).toBe("/u/d/s");
    expect(lookOf("")).toEqual({
      range: { seconds: undefined },
      transform: "",
      view: undefined,
      scripts: {},
    });
  });

  it("has a range that stays, or the newest", () => {
    const bounds = (search: string) => boundsOf(lookOf(search).range, 200_000);
    expect(bounds("?t1=-5.5&t2=100&range=day")).toBe("&t1=-5.5&t2=100");
    expect(bounds("?t1=-5&t2=0")).toBe("&t1=-5&t2=5e-324");
    expect(bounds("?range=day")).toBe("&t1=113600&t2=200000");
    expect(bounds("?span=100")).toBe("&t1=199900&t2=200000");
    for (const search of [
      "",
      "?range=all",
      "?range=zork",
      "?t1=5&t2=5",
      "?t1=x&t2=9",
      "?span=-1",
    ]) {
      expect(bounds(search), search).toBe("");
    }
    expect(boundsOf(lookOf("?range=day").range, undefined)).toBe("");
  });
});
