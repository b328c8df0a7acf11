export { recordClient } from './record-client.js';
export { recordFeed } from './record-feed.js';
export { Recorder, type RecorderHealth, type RecorderOptions } from './recorder.js';
export type { FinishedFile, RecordedLevel, RecordedTrade } from './recording-file.js';
