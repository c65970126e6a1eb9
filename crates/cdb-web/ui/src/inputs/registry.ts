// The inputs. The first one that is for a stream is used.

import type { Stream } from "../api/objects.ts";
import type { Schema } from "../data/schema.ts";
import { choice } from "./choice.tsx";
import { counter } from "./counter.tsx";
import { diary } from "./diary.tsx";
import { form } from "./form.tsx";
import type { Input } from "./input.ts";
import { json } from "./json.tsx";
import { location } from "./location.tsx";
import { number } from "./number.tsx";
import { slider } from "./slider.tsx";
import { stars } from "./stars.tsx";
import { timer } from "./timer.tsx";
import { toggle } from "./toggle.tsx";

const INPUTS = [stars, timer, counter, choice, toggle, slider, number, location, diary, form];

export function inputFor(stream: Stream, schema: Schema): Input {
  return INPUTS.find((input) => input.when(stream, schema)) ?? json;
}
