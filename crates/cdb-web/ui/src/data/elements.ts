// Reads a long JSON array piece by piece, so that nothing else has to wait for it.

/** Splits the text of an array, which comes in pieces, into its elements. */
export class Elements {
  private rest = "";
  // How far the rest was looked at.
  private at = 0;
  private depth = 0;
  private isText = false;

  /** Returns the elements that end in a piece. */
  push(piece: string): unknown[] {
    const text = this.rest + piece;
    let end = 0;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (this.isText) {
        if (code === BACKSLASH) this.at++;
        else if (code === QUOTE) this.isText = false;
      } else if (code === QUOTE) this.isText = true;
      else if (code === OPEN_BRACKET || code === OPEN_BRACE) this.depth++;
      else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
        this.depth--;
        // The end of an element of the array, or of the array.
        if (this.depth <= 1) end = this.depth === 1 ? this.at + 1 : end;
      }
    }
    const whole = text.slice(0, end);
    this.rest = text.slice(end);
    this.at -= end;
    // It begins with the bracket of the array, or with the comma after the element before.
    return end === 0 ? [] : JSON.parse(`[${whole.replace(/^\s*[[,]/, "")}]`);
  }

  /** Whether the array has ended. */
  get isWhole(): boolean {
    return this.depth === 0 && /\]\s*$/.test(this.rest);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
