// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// What a legacy session's streams have carried.
const EVENTS_MAX = 1_000;

/** Remembers a session's events, so that a client can go on after `Last-Event-ID`. */
export class Events {
  #events = [];
  #next = 0;

  async storeEvent(streamId, message) {
    const id = `${streamId}/${this.#next++}`;
    this.#events.push({ id, streamId, message });
    if (this.#events.length > EVENTS_MAX) {
      this.#events.shift();
    }
    return id;
  }

  async getStreamIdForEventId(id) {
    return this.#events.find((event) => event.id === id)?.streamId;
  }

  async replayEventsAfter(lastId, { send }) {
    const at = this.#events.findIndex((event) => event.id === lastId);
    if (at < 0) {
      throw new Error('unknown event id');
    }
    const { streamId } = this.#events[at];
    for (const { id, message } of this.#events.slice(at + 1).filter((event) => event.streamId === streamId)) {
      await send(id, message);
    }
    return streamId;
  }
}
