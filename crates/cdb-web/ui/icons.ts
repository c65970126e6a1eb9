// The icons of the installed app, drawn from the mark: a line that ends in a dot.

import { deflateSync } from "node:zlib";

type Point = [number, number];
type Colour = [number, number, number];

const GROUND: Colour = [0xf7, 0xf6, 0xf2];
const INK: Colour = [0x0b, 0x6b, 0x5e];

// The line of `public/icon.svg`: the ends of its curves, with what they bend towards.
const CURVES: [Point, Point, Point, Point][] = [
  [
    [1, 13],
    [4, 13],
    [4.5, 2],
    [7.5, 2],
  ],
  [
    [7.5, 2],
    [10.5, 2],
    [11, 14],
    [14, 14],
  ],
  [
    [14, 14],
    [17, 14],
    [17.2, 8],
    [19, 6],
  ],
];
const DOT: Point = [21.5, 5];
const DOT_RADIUS = 3.5;
const LINE_RADIUS = 1;
const BOX: [width: number, height: number] = [26, 16];

const STEPS = 40;

/** The name and the content of each icon. A maskable one may be cut into a circle. */
export function icons(): [name: string, png: Uint8Array][] {
  return [
    ["icon-192.png", icon(192, 0.78)],
    ["icon-512.png", icon(512, 0.78)],
    ["icon-maskable-512.png", icon(512, 0.6)],
  ];
}

/** Draws the mark in the middle, as wide as a part of the picture. */
function icon(size: number, part: number): Uint8Array {
  const unit = (size * part) / BOX[0];
  const [left, top] = [(size - BOX[0] * unit) / 2, (size - BOX[1] * unit) / 2];
  const onPicture = ([x, y]: Point): Point => [left + x * unit, top + y * unit];
  const cover = new Float32Array(size * size);
  for (const curve of CURVES) {
    const line = Array.from({ length: STEPS + 1 }, (_, i) => onPicture(at(curve, i / STEPS)));
    line.slice(1).forEach((end, i) => {
      draw(cover, size, line[i] ?? end, end, LINE_RADIUS * unit);
    });
  }
  draw(cover, size, onPicture(DOT), onPicture(DOT), DOT_RADIUS * unit);
  const rows = Buffer.alloc(size * (size * 3 + 1));
  cover.forEach((part, pixel) => {
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    for (let i = 0; i < 3; i++) {
      const [ground = 0, ink = 0] = [GROUND[i], INK[i]];
      rows[y * (size * 3 + 1) + 1 + x * 3 + i] = Math.round(ground + (ink - ground) * part);
    }
  });
  return png(size, rows);
}

/** Draws a line with round ends: how much of each pixel it covers. */
function draw(cover: Float32Array, size: number, from: Point, to: Point, radius: number): void {
  const [[ax, ay], [bx, by]] = [from, to];
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy || 1;
  const reach = Math.ceil(radius) + 1;
  for (let y = Math.floor(Math.min(ay, by)) - reach; y <= Math.max(ay, by) + reach; y++) {
    for (let x = Math.floor(Math.min(ax, bx)) - reach; x <= Math.max(ax, bx) + reach; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const t = Math.max(0, Math.min(1, (px * dx + py * dy) / length));
      const inside = radius - Math.hypot(px - dx * t, py - dy * t) + 0.5;
      const part = Math.max(0, Math.min(1, inside));
      cover[y * size + x] = Math.max(cover[y * size + x] ?? 0, part);
    }
  }
}

/** A point of a curve of Bézier. */
function at(curve: [Point, Point, Point, Point], t: number): Point {
  const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
  const sum = (axis: 0 | 1) => curve.reduce((all, p, i) => all + p[axis] * (weights[i] ?? 0), 0);
  return [sum(0), sum(1)];
}

/** A picture of rows of red, green and blue, each after a byte of zero. */
function png(size: number, rows: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits a colour, of which there are three.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
}

function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
