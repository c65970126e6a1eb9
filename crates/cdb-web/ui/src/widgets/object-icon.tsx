// The icon of a user, device or stream: one of ours by the name that other clients know it by, or an image.

import { Icon, type IconName } from "./icons.tsx";

/** Names of Material icons, which the field holds as `material:NAME`, and what is drawn for them here. */
export const MATERIAL: Record<string, IconName> = {
  star: "star",
  hotel: "moon",
  local_cafe: "cup",
  book: "book",
  fitness_center: "scales",
  place: "place",
  timer: "clock",
  lightbulb_outline: "lamp",
  whatshot: "heating",
  opacity: "drop",
  battery_full: "battery",
  ac_unit: "thermometer",
  wb_sunny: "today",
  favorite: "heart",
  phone_android: "phone",
  home: "home",
  border_all: "window",
  memory: "devices",
  show_chart: "line",
  check: "check",
  person: "person",
  assignment: "log",
};

export function ObjectIcon({ icon, fallback }: { icon: string | undefined; fallback: IconName }) {
  if (icon?.startsWith("data:image/")) return <img class="icon" src={icon} alt="" />;
  const name = icon?.startsWith("material:") ? MATERIAL[icon.slice("material:".length)] : undefined;
  return <Icon name={name ?? fallback} />;
}
