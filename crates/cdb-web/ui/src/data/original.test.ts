import { expect, it } from "vitest";
import { redirectOf } from "./original.ts";

it("leads from each page of the original to the one that has taken its place", () => {
  const places = [
    ["/", "#downlinks", "/app/downlinks"],
    ["/", "#analysis", "/app/analyse"],
    ["/", "#upload", "/app/upload"],
    ["/", "#addrating", "/app/new/stream?kind=rating"],
    ["/mara", "#create", "/app/connect"],
    ["/mara", "#edit", "/app/settings"],
    ["/other", "#edit", "/app/users/other"],
    ["/mara/garden", "#edit", "/mara/garden?edit"],
    ["/mara/garden", "#create", "/app/new/stream?device=garden"],
    ["/mara/user", "#create/rating.stars", "/app/new/stream?device=user&kind=rating"],
    ["/mara/user", "#create/log.diary", "/app/new/stream?device=user&kind=diary"],
    ["/mara/user", "#create/zork", "/app/new/stream?device=user"],
    ["/mara/user", "#create/rating.stars?apikey=x", "/app/new/stream?device=user&kind=rating"],
    ["/mara/user/mood", "#edit", "/mara/user/mood?edit"],
    ["/mara/user/mood", "#create", undefined],
    ["/mara/user/mood", "#main", undefined],
    ["/app/settings", "#edit", undefined],
    ["/", "", undefined],
  ] as const;
  for (const [path, hash, to] of places) {
    expect(redirectOf(path, hash, "mara"), path + hash).toBe(to);
  }
});
