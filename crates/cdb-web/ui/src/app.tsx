import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Session, session } from "./api/session.ts";
import { Layout } from "./layout.tsx";
import { DevicesPage } from "./pages/devices.tsx";
import { LoginPage } from "./pages/login.tsx";
import { NewDevicePage } from "./pages/new-device.tsx";
import { NewStreamPage } from "./pages/new-stream.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { StreamPage } from "./pages/stream.tsx";
import { TodayPage } from "./pages/today.tsx";
import { objectOf, path } from "./route.ts";
import { text } from "./text/en.ts";
import { NewVersion } from "./widgets/this-browser.tsx";
import { Toast } from "./widgets/toast.tsx";

interface Page {
  title: string;
  show: (session: Session) => JSX.Element;
}

function pageAt(path: string): Page {
  const names = objectOf(path);
  if (names?.length === 3) {
    const object = names.join("/");
    return {
      title: names[2] ?? "",
      show: (session) => <StreamPage key={object} session={session} path={object} />,
    };
  }
  if (names?.length === 0) {
    return { title: text.today.title, show: (session) => <TodayPage session={session} /> };
  }
  if (names) {
    const title = names[1] ?? text.devices.title;
    return {
      title,
      show: (session) => <DevicesPage key={names.join("/")} session={session} names={names} />,
    };
  }
  if (path === "/app/settings") {
    return { title: text.settings.title, show: (session) => <SettingsPage session={session} /> };
  }
  if (path === "/app/new/stream") {
    return { title: text.create.stream, show: (session) => <NewStreamPage session={session} /> };
  }
  if (path === "/app/new/device") {
    return {
      title: text.create.deviceTitle,
      show: (session) => <NewDevicePage session={session} />,
    };
  }
  return { title: text.missing.title, show: () => <MissingPage /> };
}

export function App() {
  const page = pageAt(path.value);
  const who = session.value;
  useEffect(() => {
    document.title = `${who === null ? text.login.title : page.title} · ${text.product}`;
  }, [page.title, who]);
  if (who === undefined) return null;
  if (who === null) return <LoginPage />;
  return (
    <>
      <Layout session={who}>
        <NewVersion />
        {page.show(who)}
      </Layout>
      <Toast />
    </>
  );
}

function MissingPage() {
  return (
    <>
      <h1>{text.missing.title}</h1>
      <p>
        <a href="/">{text.missing.next}</a>
      </p>
    </>
  );
}
