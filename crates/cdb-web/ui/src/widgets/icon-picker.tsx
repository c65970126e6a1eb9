import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { iconOf } from "../data/image.ts";
import { text } from "../text/en.ts";
import type { IconName } from "./icons.tsx";
import { MATERIAL, ObjectIcon } from "./object-icon.tsx";

/** Chooses the icon of an object: none, one of ours, or an image. */
export function IconPicker({ icon, fallback }: { icon: Signal<string>; fallback: IconName }) {
  const name = useId();
  const problem = useSignal<string | undefined>(undefined);
  const own = icon.value.startsWith("data:") ? [icon.value] : [];
  const choices = ["", ...Object.keys(MATERIAL).map((it) => `material:${it}`), ...own];
  const read = async (file: File | undefined) => {
    if (!file) return;
    try {
      icon.value = await iconOf(file);
      problem.value = undefined;
    } catch {
      problem.value = text.edit.noImage;
    }
  };
  return (
    <fieldset class="icons">
      <legend>{text.edit.icon}</legend>
      {choices.map((choice) => (
        <label key={choice} title={nameOf(choice)}>
          <input
            type="radio"
            name={name}
            aria-label={nameOf(choice)}
            checked={icon.value === choice}
            onChange={() => {
              icon.value = choice;
            }}
          />
          {choice ? <ObjectIcon icon={choice} fallback={fallback} /> : "–"}
        </label>
      ))}
      <label class="file button">
        {text.edit.iconFile}
        <input
          type="file"
          accept="image/*"
          onChange={(event) => void read(event.currentTarget.files?.[0])}
        />
      </label>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </fieldset>
  );
}

function nameOf(choice: string): string {
  if (choice === "") return text.edit.noIcon;
  if (choice.startsWith("data:")) return text.edit.iconOwn;
  return choice.slice("material:".length).replaceAll("_", " ");
}
