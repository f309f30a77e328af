/** What the page has seen of the last ten minutes, drawn by uPlot. */
import { find } from './dom.js';

const MOST_POINTS = 600;
const HEIGHT = 110;

export class Charts {
  #charts = [];

  constructor() {
    this.#charts = [
      new Chart('traffic', ['--series-1', '--series-2']),
      new Chart('latency', ['--series-1', '--series-2']),
      new Chart('sessions', ['--series-1', '--series-3']),
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
  #data = [[], [], []];
  #plot;

  constructor(name, colours) {
    this.#box = find(`[data-chart="${name}"]`);
    this.#colours = colours;
    this.draw();
    new ResizeObserver(() => this.#resize()).observe(this.#box);
  }

  add(at, values) {
    const [times, ...series] = this.#data;
    times.push(at / 1000);
    for (const [index, list] of series.entries()) list.push(values[index] ?? null);
    if (times.length > MOST_POINTS) for (const list of this.#data) list.shift();
    if (document.visibilityState === 'visible') this.#plot.setData(this.#data);
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
        cursor: { show: false },
        padding: [6, 8, 0, 0],
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          { ...axis, size: 22, space: 70, values: '{HH}:{mm}:{ss}' },
          { ...axis, size: 42, space: 28, values: (_, ticks) => ticks.map(short) },
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

function short(number) {
  return number >= 10_000 ? `${number / 1000}k` : String(number);
}
