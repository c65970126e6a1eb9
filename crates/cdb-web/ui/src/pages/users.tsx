import { type User, users } from "../api/account.ts";
import type { Session } from "../api/session.ts";
import { usePolled } from "../data/polled.ts";
import { look, search } from "../route.ts";
import { text } from "../text/en.ts";
import { count } from "../text/format.ts";
import { Failure } from "../widgets/failure.tsx";
import { Head } from "../widgets/head.tsx";
import { Icon } from "../widgets/icons.tsx";
import { ObjectIcon } from "../widgets/object-icon.tsx";
import { Virtual } from "../widgets/virtual.tsx";

const INTERVAL = 30_000;

function found(all: User[], words: string): User[] {
  const wanted = words.trim().toLowerCase();
  return all.filter(({ name, nickname, email = "" }) =>
    `${name} ${nickname} ${email}`.toLowerCase().includes(wanted),
  );
}

/** All users, for an administrator. */
export function UsersPage({ session }: { session: Session }) {
  const { polled } = usePolled(users, INTERVAL, session.user);
  const { value: all, error } = polled.value;
  const words = new URLSearchParams(search.value).get("find") ?? "";
  const rows = found(all ?? [], words);
  return (
    <>
      <Head
        title={text.users.title}
        below={all && text.users.summary(count(all.length), all.length === 1)}
        action={{ name: text.users.create, to: "/app/new/user" }}
      />
      <Failure error={error} />
      <search class="find">
        <Icon name="search" />
        <input
          type="search"
          aria-label={text.users.find}
          placeholder={text.users.find}
          value={words}
          onInput={({ currentTarget: { value } }) =>
            look(value ? `?${new URLSearchParams({ find: value })}` : "")
          }
        />
        <kbd>/</kbd>
      </search>
      {all && rows.length === 0 && <p>{text.users.notFound(words)}</p>}
      {rows.length > 0 && (
        <Virtual
          label={text.users.title}
          class="users"
          count={rows.length}
          head={
            <>
              <th scope="col">{text.users.name}</th>
              <th scope="col" class="email">
                {text.users.email}
              </th>
              <th scope="col" class="role">
                {text.users.role}
              </th>
              <th scope="col" class="seen">
                {text.users.sees}
              </th>
              <th scope="col" class="go">
                <span class="for-readers">{text.users.devices}</span>
              </th>
            </>
          }
          row={(index) => {
            const user = rows[index];
            return { key: user?.name ?? index, cells: user && <Cells user={user} /> };
          }}
          scrolls="page"
        />
      )}
    </>
  );
}

function Cells({ user }: { user: User }) {
  const { name, nickname, email, role = "", icon } = user;
  return (
    <>
      <th scope="row">
        <ObjectIcon icon={icon} fallback="person" />{" "}
        <a href={`/app/users/${name}`} title={text.users.edit(name)}>
          {nickname || name}
        </a>{" "}
        {nickname && <span class="hint">{name}</span>}
      </th>
      <td class="email">{email}</td>
      <td class="role">{text.users.roles[role] ?? role}</td>
      <td class="seen">{user.public ? text.users.seen : text.users.unseen}</td>
      <td class="go">
        <a href={`/${name}`} aria-label={text.devices.others(name)}>
          {text.users.devices}
        </a>
      </td>
    </>
  );
}
