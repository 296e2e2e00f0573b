import { execFileSync } from 'node:child_process';

/** The address of the hub, where the model, Redis and the coordinator are. */
export const HUB_ADDRESS = '10.77.0.1';

/** A bridge in a network namespace of its own, and a namespace beside it for each worker. The host's network is not touched. */
export interface Network {
  hub: string;
  workers: string[];
  /** Cuts a worker off from everything, without a sign to either end. */
  cut(worker: number): void;
  heal(worker: number): void;
}

/** The command that starts another one inside a namespace, in its own place. */
export function within(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace];
}

/** The network of a name that {@link makeNetwork} has made. */
export function networkOf(name: string, workers: number): Network {
  const hub = `${name}-hub`;
  const link = (worker: number, state: 'up' | 'down') => ip('-n', hub, 'link', 'set', `w${worker}`, state);
  return {
    hub,
    workers: Array.from({ length: workers }, (_, worker) => `${name}-w${worker}`),
    cut: (worker) => link(worker, 'down'),
    heal: (worker) => link(worker, 'up'),
  };
}

/** Makes the network. @throws Error where this process may not */
export function makeNetwork(name: string, workers: number): Network {
  const network = networkOf(name, workers);
  const { hub } = network;
  ip('netns', 'add', hub);
  ip('-n', hub, 'link', 'set', 'lo', 'up');
  ip('-n', hub, 'link', 'add', 'hub', 'type', 'bridge');
  ip('-n', hub, 'address', 'add', `${HUB_ADDRESS}/24`, 'dev', 'hub');
  ip('-n', hub, 'link', 'set', 'hub', 'up');
  for (const [worker, namespace] of network.workers.entries()) {
    ip('netns', 'add', namespace);
    ip('-n', hub, 'link', 'add', `w${worker}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('-n', hub, 'link', 'set', `w${worker}`, 'master', 'hub');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'address', 'add', `10.77.0.${11 + worker}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    network.heal(worker);
  }
  return network;
}

/** Removes what there is of the network. */
export function removeNetwork({ hub, workers }: Network): void {
  for (const namespace of [...workers, hub]) {
    try {
      ip('netns', 'delete', namespace);
    } catch {
      // It was not made.
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
