import { text } from "../text/en.ts";

/** The buttons above a plot. */
export function Tools(props: {
  isLive: boolean;
  onZoom: (factor: number) => void;
  onFit: () => void;
  onLive: () => void;
}) {
  const { isLive, onZoom, onFit, onLive } = props;
  return (
    <div class="plot-buttons">
      <button type="button" aria-label={text.plot.zoomOut} onClick={() => onZoom(2)}>
        <Icon path="M3 8h10" />
      </button>
      <button type="button" aria-label={text.plot.zoomIn} onClick={() => onZoom(0.5)}>
        <Icon path="M3 8h10M8 3v10" />
      </button>
      <button type="button" aria-label={text.plot.fit} onClick={onFit}>
        <Icon path="M2.500 6V2.500H6m4 0h3.500V6m0 4v3.500H10m-4 0H2.500V10" />
      </button>
      <button
        type="button"
        class="plot-live"
        aria-pressed={isLive}
        onClick={onLive}
        disabled={isLive}
      >
        <span class={isLive ? "dot" : "dot due"} />
        {isLive ? text.plot.live : text.plot.backToLive}
      </button>
    </div>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
