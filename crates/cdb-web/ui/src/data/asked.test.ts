import { expect, it } from "vitest";
import { askedOf } from "./asked.ts";

it("a request is asked, done, or not answered", () => {
  const request = { t: 100, d: { a: 60 } };
  expect(askedOf(undefined, { t: 1, d: 0 }, 200)).toEqual({ state: "idle" });
  expect(askedOf(request, undefined, 104)).toEqual({ state: "asked", d: { a: 60 }, for: 4 });
  expect(askedOf(request, { t: 99, d: { a: 60 } }, 104).state).toBe("asked");
  expect(askedOf(request, { t: 99, d: 0 }, 130)).toMatchObject({ state: "unanswered", for: 30 });
  // A clock that is behind that of the server.
  expect(askedOf(request, undefined, 90)).toMatchObject({ state: "asked", for: 0 });
  const done = askedOf(request, { t: 100.5, d: { a: 60 } }, 900);
  expect(done).toEqual({ state: "done", after: 0.5, isSame: true });
  expect(askedOf(request, { t: 101, d: { a: 40 } }, 900)).toMatchObject({ isSame: false });
});
