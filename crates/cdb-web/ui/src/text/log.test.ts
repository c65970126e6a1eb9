import { expect, it } from "vitest";
import { logEntry, words } from "./log.ts";

it("an entry of the log is said in words", () => {
  const said = (entry: object) => {
    const read = logEntry(entry);
    return read && words(read);
  };
  expect(said({ cmd: "CreateStream", arg: "mara/garden/t" })).toEqual({
    kind: "Stream",
    path: "mara/garden/t",
    done: "created",
    to: "/mara/garden/t",
  });
  expect(said({ cmd: "DeleteDevice", arg: "mara/garden" })).toMatchObject({
    done: "deleted",
    to: undefined,
  });
  expect(said({ cmd: "UpdateUser", arg: "mara" })).toMatchObject({ kind: "User", done: "changed" });
  const replaced = { cmd: "ReplaceData", arg: "mara/garden/t", removed: 3, inserted: 1 };
  expect(said(replaced)).toMatchObject({ kind: "Values", done: "3 deleted, 1 written" });
  // Of a server to come.
  expect(said({ cmd: "zork", arg: "x" })).toMatchObject({ done: "zork", to: undefined });
  expect(said({ cmd: 5, arg: "x" })).toBeUndefined();
  expect(logEntry(null)).toBeUndefined();
});
