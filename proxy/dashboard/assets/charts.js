/** What the page has seen of the last ten minutes, drawn by uPlot. */
import { find, setText } from './dom.js';
import { clock, count, latency, rate } from './format.js';

const MOST_POINTS = 600;
const HEIGHT = 110;
const FROM_ZERO = { range: (_, __, most) => [0, Math.max(1, most * 1.1)] };
/** A millisecond and half a minute in one picture. */
const LOGARITHMIC = { distr: 3 };
const DECADES = [0.1, 1, 10, 100, 1000, 10_000, 100_000];

export class Charts {
  #charts = [];

  constructor() {
    this.#charts = [
      new Chart('traffic', ['--series-1', '--series-2'], rate),
      new Chart('latency', ['--series-1', '--series-2'], latency, LOGARITHMIC),
      new Chart('sessions', ['--series-1', '--series-3'], count),
    ];
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const chart of this.#charts) chart.draw();
    });
  }

  /** `at` in ms; undefined is a gap. */
  add(at, { requests, errors, p50, p99, sessions, tunnels }) {
    const [traffic, times, live] = this.#charts;
    traffic.add(at, [requests, errors]);
    times.add(at, [p50, p99]);
    live.add(at, [sessions, tunnels]);
  }

  /** A line does not cross what nobody has seen. */
  gap() {
    for (const chart of this.#charts) chart.gap();
  }
}

class Chart {
  #box;
  #colours;
  #format;
  #scale;
  #values;
  #time;
  #data = [[], [], []];
  #plot;

  constructor(name, colours, format, scale = FROM_ZERO) {
    this.#box = find(`[data-chart="${name}"]`);
    const caption = find('figcaption', this.#box.parentElement);
    this.#values = caption.querySelectorAll('b');
    this.#time = find('time', caption);
    this.#colours = colours;
    this.#format = format;
    this.#scale = scale;
    this.draw();
    new ResizeObserver(() => this.#resize()).observe(this.#box);
  }

  add(at, values) {
    const [times, ...series] = this.#data;
    times.push(at / 1000);
    for (const [index, list] of series.entries()) list.push(values[index] ?? null);
    if (times.length > MOST_POINTS) for (const list of this.#data) list.shift();
    if (document.visibilityState !== 'visible') return;
    this.#plot.setData(this.#data);
    this.#tell(this.#plot.cursor.idx);
  }

  gap() {
    const last = this.#data[0].at(-1);
    if (last !== undefined && this.#data[1].at(-1) !== null) this.add(last * 1000 + 1, []);
  }

  draw() {
    this.#plot?.destroy();
    const axis = {
      stroke: colourOf('--muted', this.#box),
      font: '11px system-ui, sans-serif',
      grid: { stroke: colourOf('--grid', this.#box), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width: this.#box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: 'charts' } },
        hooks: { setCursor: [({ cursor }) => this.#tell(cursor.idx)] },
        padding: [6, 8, 0, 0],
        scales: { y: this.#scale },
        axes: [
          { ...axis, size: 22, space: 70, values: '{HH}:{mm}:{ss}' },
          {
            ...axis,
            size: 42,
            space: 28,
            values: (_, ticks) => ticks.map(short),
            ...(this.#scale === LOGARITHMIC && { splits: decadesBetween }),
          },
        ],
        series: [
          {},
          ...this.#colours.map((name) => ({ stroke: colourOf(name, this.#box), width: 1.5, points: { show: false } })),
        ],
      },
      this.#data,
      this.#box,
    );
  }

  /** Values under the cursor, and of when they are; without one the latest. */
  #tell(index) {
    const [times, ...series] = this.#data;
    const pointed = index !== null && index !== undefined && times[index] !== undefined;
    setText(this.#time, pointed ? clock(times[index] * 1000) : '');
    for (const [place, list] of series.entries()) {
      const value = pointed ? list[index] : list.at(-1);
      setText(this.#values[place], value === null || value === undefined ? '–' : this.#format(value));
    }
  }

  #resize() {
    const width = this.#box.clientWidth;
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }
}

/** As a canvas understands it: it knows neither variables nor `light-dark()`. */
function colourOf(variable, element) {
  element.style.color = `var(${variable})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function decadesBetween(_, __, least, most) {
  return DECADES.filter((decade) => decade >= least && decade <= most);
}

function short(number) {
  if (number === null) return '';
  return number >= 10_000 ? `${number / 1000}k` : String(number);
}
