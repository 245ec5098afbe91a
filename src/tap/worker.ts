import { parentPort } from 'node:worker_threads';
import { serve } from './serve.ts';
import { workerParts } from './worker_parts.ts';

if (parentPort === null) throw new Error('the tap runs in a worker thread');
serve(parentPort, workerParts());
