import {
  type Datapoint,
  latest,
  newest,
  type Plot,
  plot,
  type Statistics,
  statistics,
} from "../api/objects.ts";
import { usePolled } from "../data/polled.ts";
import { Line } from "../plot/line.tsx";
import { text } from "../text/en.ts";
import { count, dateTime, derived, value } from "../text/format.ts";
import { Age } from "../widgets/age.tsx";
import { Failure } from "../widgets/failure.tsx";

const INTERVAL = 5000;
const COLUMNS = 512;
const NEWEST = 50;

interface Shown {
  statistics: Statistics;
  plot: Plot | undefined;
  newest: Datapoint[];
}

async function ask(path: string, before: Shown | undefined): Promise<Shown> {
  // Nothing else is asked while nothing is new.
  const [now] = await latest([path]);
  const last = before?.newest.at(-1);
  if (before && now?.length === before.statistics.count && now?.last?.t === last?.t) return before;
  const [known, points] = await Promise.all([statistics(path), newest(path, NEWEST)]);
  const hasNumbers = known.keys[""]?.number !== undefined;
  return {
    statistics: known,
    plot: hasNumbers ? await plot(path, COLUMNS) : undefined,
    newest: points,
  };
}

export function StreamPage({ path }: { path: string }) {
  const polled = usePolled((before: Shown | undefined) => ask(path, before), INTERVAL, path);
  const { value: shown, error, now } = polled.value;
  const [user, device, name] = path.split("/");
  const last = shown?.newest.at(-1);
  const numbers = shown?.statistics.keys[""]?.number;
  return (
    <>
      <p class="hint">
        <a href={`/${user}/${device}`}>{device}</a>
      </p>
      <h1>{name}</h1>
      <Failure error={error} />
      {shown && !last && <p>{text.stream.nothing}</p>}
      {last && (
        <p class="headline">
          <strong>{value(last.d)}</strong> <Age t={last.t} now={now} />
        </p>
      )}
      {shown?.plot && numbers && (
        <Line
          plot={shown.plot}
          label={text.stream.plot(name ?? path)}
          description={text.stream.plotText(
            count(numbers.count),
            derived(numbers.min),
            derived(numbers.max),
            derived(numbers.mean),
          )}
        />
      )}
      {shown && last && <Facts known={shown.statistics} />}
      {shown && last && (
        <section>
          <h2>{text.stream.newest}</h2>
          <table>
            <thead>
              <tr>
                <th scope="col">{text.stream.time}</th>
                <th scope="col" class="number">
                  {text.stream.value}
                </th>
              </tr>
            </thead>
            <tbody>
              {[...shown.newest].reverse().map(({ t, d }, row) => (
                <tr key={shown.statistics.count - row}>
                  <td>{dateTime(t)}</td>
                  <td class="number">{value(d)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Facts({ known }: { known: Statistics }) {
  const numbers = known.keys[""]?.number;
  const facts: [string, string][] = [[text.stream.points, count(known.count)]];
  if (known.first) facts.push([text.stream.first, dateTime(known.first.t)]);
  if (known.last) facts.push([text.stream.last, dateTime(known.last.t)]);
  if (numbers) {
    facts.push([text.stream.smallest, value(numbers.min)]);
    facts.push([text.stream.mean, derived(numbers.mean)]);
    facts.push([text.stream.largest, value(numbers.max)]);
  }
  return (
    <dl class="facts">
      {facts.map(([name, fact]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
