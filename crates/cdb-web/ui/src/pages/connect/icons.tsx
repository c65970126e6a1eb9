export function CheckIcon() {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d="m3.500 8.500 3 3 6-7" />
    </svg>
  );
}
