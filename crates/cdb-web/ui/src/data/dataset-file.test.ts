import { describe, expect, it } from "vitest";
import { csv } from "./dataset-file.ts";

describe("a table as CSV", () => {
  it("has a line for each row, with everything in its place", () => {
    const rows = [
      { t: 0.5, d: { mood: 7.5, 'a,"b"': 'He said "hi",\nand left', on: true } },
      { t: 1, d: { mood: "=1+1", 'a,"b"': -2, on: "" } },
      { t: 1e15, d: { mood: null, 'a,"b"': { x: [1, 2] }, on: false } },
    ];
    expect(csv(["mood", 'a,"b"', "on", "none"], rows)).toBe(
      'time,t,mood,"a,""b""",on,none\r\n' +
        '1970-01-01T00:00:00.500Z,0.5,7.5,"He said ""hi"",\nand left",true,\r\n' +
        // What a spreadsheet would run is a text for it.
        '1970-01-01T00:00:01.000Z,1,\'=1+1,-2,"",\r\n' +
        ',1000000000000000,,"{""x"":[1,2]}",false,\r\n',
    );
  });
});
