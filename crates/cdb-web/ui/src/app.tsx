import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Session, session } from "./api/session.ts";
import { Layout } from "./layout.tsx";
import { LoginPage } from "./pages/login.tsx";
import { MissingPage } from "./pages/missing.tsx";
import { TodayPage } from "./pages/today.tsx";
import { objectOf, path, replace } from "./route.ts";
import { text } from "./text/en.ts";
import { Lazy } from "./widgets/lazy.tsx";
import { NewVersion } from "./widgets/this-browser.tsx";
import { Toast } from "./widgets/toast.tsx";

const connect = async () => (await import("./pages/connect/connect.tsx")).ConnectPage;
const devices = async () => (await import("./pages/devices.tsx")).DevicesPage;
const downlinks = async () => (await import("./pages/downlinks.tsx")).DownlinksPage;
const log = async () => (await import("./pages/log.tsx")).LogPage;
const more = async () => (await import("./pages/more.tsx")).MorePage;
const newStream = async () => (await import("./pages/new-stream.tsx")).NewStreamPage;
const newUser = async () => (await import("./pages/new-user.tsx")).NewUserPage;
const settings = async () => (await import("./pages/settings.tsx")).SettingsPage;
const user = async () => (await import("./pages/users/user.tsx")).UserPage;
const users = async () => (await import("./pages/users.tsx")).UsersPage;
const stream = async () => (await import("./pages/stream.tsx")).StreamPage;
const pipescript = async () => (await import("./pages/pipescript.tsx")).PipeScriptPage;
const upload = async () => (await import("./pages/upload/upload.tsx")).UploadPage;
const boards = async () => (await import("./pages/boards/boards-page.tsx")).BoardsPage;
const board = async () => (await import("./pages/boards/board-page.tsx")).BoardPage;
const analyse = async () => (await import("./pages/analyse/analyse.tsx")).AnalysePage;

interface Page {
  title: string;
  show: (session: Session) => JSX.Element;
}

function pageAt(path: string): Page {
  const names = objectOf(path);
  if (names?.length === 3 && names[1] === "meta" && names[2] === "log") {
    const object = names.join("/");
    return {
      title: text.log.title,
      show: () => <Lazy key={object} load={log} props={{ path: object }} />,
    };
  }
  if (names?.length === 3) {
    const object = names.join("/");
    return {
      title: names[2] ?? "",
      show: (session) => <Lazy key={object} load={stream} props={{ session, path: object }} />,
    };
  }
  if (names?.length === 0) {
    return { title: text.today.title, show: (session) => <TodayPage session={session} /> };
  }
  if (names) {
    const title = names[1] ?? text.devices.title;
    return {
      title,
      show: (session) => <Lazy key={names.join("/")} load={devices} props={{ session, names }} />,
    };
  }
  if (path === "/app/settings" || path.startsWith("/app/settings/")) {
    return {
      title: text.settings.title,
      show: (session) => <Lazy key="settings" load={settings} props={{ session }} />,
    };
  }
  if (path === "/app/downlinks") {
    return {
      title: text.downlinks.title,
      show: (session) => <Lazy key="downlinks" load={downlinks} props={{ session }} />,
    };
  }
  if (path === "/app/users") {
    return {
      title: text.users.title,
      show: (session) => <Lazy key="users" load={users} props={{ session }} />,
    };
  }
  const [, name] = /^\/app\/users\/([^/]+)$/.exec(path) ?? [];
  if (name) {
    return {
      title: name,
      show: (session) => <Lazy key={name} load={user} props={{ session, name }} />,
    };
  }
  if (path === "/app/more") {
    return {
      title: text.navigation.more,
      show: (session) => <Lazy key="more" load={more} props={{ session }} />,
    };
  }
  if (path === "/app/analyse") {
    return {
      title: text.analyse.title,
      show: (session) => <Lazy key="analyse" load={analyse} props={{ session }} />,
    };
  }
  if (path === "/app/boards") {
    return {
      title: text.boards.title,
      show: (session) => <Lazy key="all" load={boards} props={{ session }} />,
    };
  }
  const [, boardName] = /^\/app\/boards\/([^/]+)$/.exec(path) ?? [];
  if (boardName) {
    return {
      title: text.boards.title,
      show: (session) => <Lazy key={boardName} load={board} props={{ session, name: boardName }} />,
    };
  }
  if (path === "/app/new/stream") {
    return {
      title: text.create.stream,
      show: (session) => <Lazy key="new stream" load={newStream} props={{ session }} />,
    };
  }
  if (path === "/app/new/user") {
    return {
      title: text.users.create,
      show: () => <Lazy key="new user" load={newUser} props={{}} />,
    };
  }
  if (path === "/app/connect") {
    return {
      title: text.connect.title,
      show: (session) => <Lazy key="connect" load={connect} props={{ session }} />,
    };
  }
  if (path === "/app/upload") {
    return {
      title: text.upload.title,
      show: (session) => <Lazy key="upload" load={upload} props={{ session }} />,
    };
  }
  if (path === "/app/pipescript") {
    return {
      title: text.pipescript.title,
      show: (session) => <Lazy key="pipescript" load={pipescript} props={{ session }} />,
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
  const user = who?.user;
  useEffect(() => {
    if (user === undefined) return;
    const redirect = async () => {
      if (!location.hash) return;
      const { redirectOf } = await import("./data/original.ts");
      const to = redirectOf(location.pathname, location.hash, user);
      if (to !== undefined) replace(to);
    };
    void redirect();
    addEventListener("hashchange", redirect);
    return () => removeEventListener("hashchange", redirect);
  }, [user]);
  if (who === undefined) return null;
  if (who === null) return <LoginPage />;
  return (
    <>
      <Layout session={who} title={page.title}>
        <NewVersion />
        {page.show(who)}
      </Layout>
      <Toast />
    </>
  );
}
