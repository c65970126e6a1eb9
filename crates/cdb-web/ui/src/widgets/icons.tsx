// Icons of 16 by 16, drawn in the colour of the text beside them.

import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The mark of the product: a line that ends in a dot. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 26 16" aria-hidden="true" focusable="false">
      <path d="M1 13C4 13 4.500 2 7.500 2s3.500 12 6.500 12c3 0 3.200-6 5-8" />
      <circle cx="21.500" cy="5" r="3.500" />
    </svg>
  );
}

export function PencilIcon() {
  return (
    <Icon>
      <path d="m2.500 13.500.700-3 7.800-7.800a1.200 1.200 0 0 1 1.700 0l.600.600a1.200 1.200 0 0 1 0 1.700L5.500 12.800Zm7-9.300 2.300 2.300" />
    </Icon>
  );
}

export function TrashIcon() {
  return (
    <Icon>
      <path d="M2.500 4.500h11m-7.500 0v-2h4v2m-6 0 .700 9h6.600l.700-9m-5 2.500v4m2-4v4" />
    </Icon>
  );
}

export function UndoIcon() {
  return (
    <Icon>
      <path d="M5.500 2.500 2.500 5.500l3 3m-3-3h7a4 4 0 0 1 0 8h-3" />
    </Icon>
  );
}

export function MoreIcon() {
  return (
    <Icon>
      <path d="M3 8h.010M8 8h.010M13 8h.010" stroke-width="2.500" />
    </Icon>
  );
}

export function TodayIcon() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v1.500m0 11V15M1 8h1.500m11 0H15M3.100 3.100l1 1m7.800 7.800 1 1m0-9.800-1 1m-7.800 7.800-1 1" />
    </Icon>
  );
}

export function DevicesIcon() {
  return (
    <Icon>
      <rect x="4.500" y="4.500" width="7" height="7" rx="1.500" />
      <path d="M6.500 4.500v-3m3 3v-3m-3 13v-3m3 3v-3m-5-5h-3m3 3h-3m13-3h-3m3 3h-3" />
    </Icon>
  );
}

export function SettingsIcon() {
  return (
    <Icon>
      <path d="M1.500 4.500h6m4 0h3m-13 7h2m4 0h7" />
      <circle cx="9.500" cy="4.500" r="2" />
      <circle cx="5.500" cy="11.500" r="2" />
    </Icon>
  );
}

export function SearchIcon() {
  return (
    <Icon>
      <circle cx="7" cy="7" r="4.500" />
      <path d="m10.500 10.500 4 4" />
    </Icon>
  );
}
