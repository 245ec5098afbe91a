import { parentPort, workerData } from 'node:worker_threads';
import type { TapWorkerData } from './protocol.ts';
import { serve } from './serve.ts';
import { workerParts } from './worker_parts.ts';

if (parentPort === null) throw new Error('the tap runs in a worker thread');
serve(parentPort, workerParts(workerData as TapWorkerData));
