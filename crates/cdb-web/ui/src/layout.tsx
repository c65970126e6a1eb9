// What is around every page: the bar at the side; on a phone, a bar on top and tabs below.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "./api/session.ts";
import { useCatalog } from "./data/catalog.ts";
import { above, isAt, type Place, placesOf, tabsOf } from "./navigation.ts";
import { path } from "./route.ts";
import { text } from "./text/en.ts";
import { Connection } from "./widgets/connection.tsx";
import { bar } from "./widgets/head.tsx";
import { Icon, type IconName, Mark } from "./widgets/icons.tsx";
import { Lazy } from "./widgets/lazy.tsx";
import { openPalette, Palette } from "./widgets/palette.tsx";

export function Layout(props: { session: Session; title: string; children: ComponentChildren }) {
  const { session, title, children } = props;
  useCatalog(session.user);
  const main = useRef<HTMLElement>(null);
  useHeadingFocus(main);
  return (
    <>
      <a class="skip" href="#main">
        {text.navigation.skip}
      </a>
      <div class="layout">
        <Side session={session} />
        <TopBar session={session} title={title} />
        <main id="main" tabIndex={-1} ref={main}>
          {children}
        </main>
        <Tabs session={session} />
      </div>
      <Palette session={session} />
    </>
  );
}

/** Moves the focus to the heading of a page that one has gone to, so that a screen reader says where one is. */
function useHeadingFocus(main: { current: HTMLElement | null }): void {
  const here = path.value;
  const before = useRef(here);
  useEffect(() => {
    if (before.current === here || !main.current) return;
    before.current = here;
    const page = main.current;
    const focusHeading = () => {
      const heading = page.querySelector("h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
      return heading !== null;
    };
    if (focusHeading()) return;
    // The page is still being fetched.
    page.focus({ preventScroll: true });
    const observer = new MutationObserver(() => {
      // A dialogue that is closed meanwhile gives the focus to what is not there any more.
      const isMoved = ![page, document.body].includes(document.activeElement as HTMLElement);
      if (isMoved || focusHeading()) observer.disconnect();
    });
    observer.observe(page, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [here, main]);
}

const pinned = async () => (await import("./widgets/pinned.tsx")).Pinned;

/** Where there is room for them. */
const PINS_FIT = "(min-width: 961px)";

/** The pages are what one has come for: they come first. */
const PINS_WAIT = 500;

function Side({ session }: { session: Session }) {
  const hasPins = useSignal(false);
  useEffect(() => {
    const fits = matchMedia(PINS_FIT);
    const show = () => {
      hasPins.value = fits.matches;
    };
    const timer = setTimeout(show, PINS_WAIT);
    fits.addEventListener("change", show);
    return () => {
      clearTimeout(timer);
      fits.removeEventListener("change", show);
    };
  }, [hasPins]);
  return (
    <header class="bar">
      <a class="brand" href="/">
        <Mark />
        <span>{text.product}</span>
      </a>
      <button
        type="button"
        class="find-anything"
        aria-keyshortcuts="Control+K"
        onClick={openPalette}
      >
        <Icon name="search" />
        <span>{text.palette.open}</span>
        <kbd>{text.palette.key}</kbd>
      </button>
      <nav aria-label={text.navigation.label}>
        {placesOf(session).map((place) => (
          <Link key={place.name} place={place} user={session.user} />
        ))}
      </nav>
      {hasPins.value && <Lazy load={pinned} props={{ user: session.user }} />}
      <div class="foot">
        <Connection />
        <a href="/app/settings" title={text.navigation.me(session.user)}>
          <span>{session.user}</span>
        </a>
      </div>
    </header>
  );
}

function Link({ place, user }: { place: Place; user: string }) {
  return (
    <a href={place.to(user)} aria-current={isAt(place, path.value, user) ? "page" : undefined}>
      <Icon name={place.icon} />
      <span>{place.name}</span>
    </a>
  );
}

function TopBar({ session, title }: { session: Session; title: string }) {
  const to = above(path.value, session.user);
  const action = bar.value?.action;
  return (
    <div class="top">
      {to && <IconLink to={to} name={text.navigation.back} icon="back" />}
      <p aria-hidden="true">{bar.value?.title ?? title}</p>
      {action && <IconLink to={action.to} name={action.name} icon="plus" isMain />}
      <button type="button" class="bare" aria-label={text.palette.open} onClick={openPalette}>
        <Icon name="search" />
      </button>
    </div>
  );
}

function IconLink(props: { to: string; name: string; icon: IconName; isMain?: boolean }) {
  return (
    <a class={props.isMain ? "button primary" : "bare"} href={props.to} aria-label={props.name}>
      <Icon name={props.icon} />
    </a>
  );
}

function Tabs({ session }: { session: Session }) {
  const { tabs, others } = tabsOf(session);
  const isOther = others.some((place) => isAt(place, path.value, session.user));
  return (
    <nav class="tabs" aria-label={text.navigation.label}>
      {tabs.map((place) => (
        <Link key={place.name} place={place} user={session.user} />
      ))}
      <a
        href="/app/more"
        aria-current={path.value === "/app/more" ? "page" : isOther ? "true" : undefined}
      >
        <Icon name="more" />
        <span>{text.navigation.more}</span>
      </a>
    </nav>
  );
}
