/** Mosquitto, an MQTT broker, over WebSocket; ticks come to it over one MQTT connection (QoS 0). */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usageOf } from '../../support/process-usage.ts';
import { frameNo, serveParent } from './tick-source.ts';

const CONNECT = Buffer.from([0x10, 0x0c, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, 0]);

const [mqttPort, webPort] = [await freePort(), await freePort()];
const dir = mkdtempSync(join(tmpdir(), 'touchline-mosquitto-'));
const config = join(dir, 'mosquitto.conf');
writeFileSync(
  config,
  `listener ${mqttPort} 127.0.0.1\nlistener ${webPort} 127.0.0.1\nprotocol websockets\n` +
    'allow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\nuser root\n',
);
const broker = spawn(process.argv[2] ?? 'mosquitto', ['-c', config], { stdio: 'ignore' });
process.once('exit', () => {
  broker.kill();
  rmSync(dir, { recursive: true, force: true });
});
const publisher = await connected(mqttPort);
publisher.write(CONNECT);
publisher.once('data', () =>
  serveParent(
    webPort,
    (seq) => void publisher.write(publishPacket(Buffer.from(frameNo(seq)))),
    () => usageOf(broker.pid),
  ),
);

/** Of a payload of 121 to 16,376 bytes. */
function publishPacket(payload: Buffer): Buffer {
  const rest = 7 + payload.length;
  const head = [0x30, (rest % 128) | 0x80, Math.floor(rest / 128), 0, 5, ...Buffer.from('price')];
  return Buffer.concat([Buffer.from(head), payload]);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function connected(port: number): Promise<Socket> {
  for (;;) {
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const trial = connect(port, '127.0.0.1', () => resolve(trial));
      trial.once('error', () => resolve(undefined));
    });
    if (socket) return socket;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
