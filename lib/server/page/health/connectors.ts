import type { ConnectorView, LiveView, SocketView } from '../../live-view.js';
import { byId, make, setClass } from '../frame/dom.js';
import { countText, timeText } from '../frame/format.js';
import { ordersWords } from '../frame/header.js';
import { Label, Rows, type Row } from '../frame/rows.js';

const rows = new Rows<ConnectorView>(byId('connectors'), connectorRow);

/** The connectors: state, where orders go, connections with the venue, last restart. */
export function drawConnectors({ connectors }: LiveView): void {
  rows.show(connectors);
  byId('no-connectors').hidden = connectors.length > 0;
}

function connectorRow(): Row<ConnectorView> {
  const [name, kind, text, more, restart] = labels();
  const title = make('b', '', name.node);
  const badge = make('span', '', kind.node);
  const list = make('span', 'sockets');
  const sockets = new Rows<SocketView>(list, socketRow);
  return {
    element: make(
      'li',
      '',
      make('div', '', title, ' ', badge, ' ', make('span', '', text.node)),
      make('div', 'quiet', list, more.node),
      make('div', 'quiet', restart.node),
    ),
    fill: (connector) => {
      setClass(title, `state ${connector.level}`);
      setClass(badge, `badge kind-${connector.orders}`);
      name.set(connector.name);
      kind.set(ordersWords(connector));
      text.set(connector.text);
      sockets.show(connector.sockets);
      more.set(detailsOf(connector));
      restart.set(restartOf(connector));
    },
  };
}

function labels(): readonly [Label, Label, Label, Label, Label] {
  return [new Label(), new Label(), new Label(), new Label(), new Label()];
}

function detailsOf({ pid, heartbeatAgeMs, version }: ConnectorView): string {
  return [
    ...(typeof pid === 'number' ? [`process ${String(pid)}`] : []),
    ...(typeof heartbeatAgeMs === 'number' ? [`seen ${countText(heartbeatAgeMs)} ms ago`] : []),
    ...(version === '' ? [] : [`version ${version}`]),
  ].join(' · ');
}

function restartOf({ restarts, lastRestartMs }: ConnectorView): string {
  if (typeof lastRestartMs === 'number')
    return `last restart ${timeText(lastRestartMs)} (${countText(restarts)} since the start)`;
  return restarts > 0 ? `${countText(restarts)} restarts` : 'no restart';
}

const SOCKETS: Readonly<Record<string, string>> = {
  public: 'market data',
  private: 'account',
  trade: 'order requests',
};

function socketRow(): Row<SocketView> {
  const text = new Label();
  const element = make('span', '', text.node);
  return {
    element,
    fill: (socket) => {
      setClass(element, `state ${socket.level}`);
      text.set(`${SOCKETS[socket.name] ?? socket.name} ${socket.text}`);
    },
  };
}
