// Boards, which are kept on the server, so that they are on every machine.
//
// Each is a stream without data of a device `boards` of the user, which is not shown in lists: its nickname is
// the title of the board, its description the views as JSON. The original server knows all of this, too, and
// takes it from the user's session; data of a stream it would take from its own device only. Streams of the
// device `user` would stand among what people write by hand. A board is changed, renamed and deleted without
// a look at others.

import {
  type Board,
  type Content,
  nameFor,
  parseBoard,
  writeBoard,
} from "../pages/boards/board.ts";
import { request } from "./http.ts";
import { devices, type Stream, streams } from "./objects.ts";

const DEVICE = "boards";

/** What the streams are that are boards. */
const DATATYPE = "board";

function pathOf(user: string, name: string): string {
  return `crud/${user}/${DEVICE}/${name}`;
}

function boardOf({ name, nickname, description }: Stream): Board {
  return { name, title: nickname || name, ...parseBoard(description) };
}

/** The boards of a user, in the order of creation. */
export async function boards(user: string): Promise<Board[]> {
  const all = await streams(user);
  return all.filter((it) => it.device === DEVICE && it.datatype === DATATYPE).map(boardOf);
}

/** Creates a board, and returns it. */
export async function createBoard(
  user: string,
  board: Content & Pick<Board, "title">,
): Promise<Board> {
  if (!(await devices(user)).some(({ name }) => name === DEVICE)) {
    const description = "Holds the boards of the web app";
    await request("POST", `crud/${user}/${DEVICE}`, { visible: false, description });
  }
  const taken = (await streams(user)).filter((it) => it.device === DEVICE);
  const name = nameFor(
    board.title,
    taken.map((it) => it.name),
  );
  const created = { ...board, name };
  await request("POST", pathOf(user, name), { datatype: DATATYPE, ...propertiesOf(created) });
  return created;
}

function propertiesOf(board: Content & Pick<Board, "title">) {
  return { nickname: board.title, description: writeBoard(board) };
}

export async function saveBoard(user: string, board: Board): Promise<void> {
  await request("PUT", pathOf(user, board.name), propertiesOf(board));
}

export async function removeBoard(user: string, name: string): Promise<void> {
  await request("DELETE", pathOf(user, name));
}
