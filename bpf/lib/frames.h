/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Where the frames of HTTP/2 are in a stream (RFC 9113 section 4.1):
 *
 *   frame = length (24) type (8) flags (8) stream identifier (32) payload
 *
 * so that header blocks, which every later one depends on (HPACK), are copied wherever they are, and only
 * bodies are cut. A wrong guess costs nothing but other bytes than the first ones: frames are found again by
 * user space.
 */
#ifndef SONDE_FRAMES_H
#define SONDE_FRAMES_H

#include "data.h"
#include "socket_state.h"

#define FRAME_HEADER 9
#define PREFACE_BYTES 24
#define PREFACE_BEGIN 0x505249202a204854ULL /* "PRI * HT" */
#define FRAME_LENGTH_USUAL 16384	    /* SETTINGS_MAX_FRAME_SIZE, unless somebody says otherwise */

#define FRAME_DATA 0
#define FRAME_HEADERS 1
#define FRAME_PRIORITY 2
#define FRAME_RST_STREAM 3
#define FRAME_SETTINGS 4
#define FRAME_PUSH_PROMISE 5
#define FRAME_PING 6
#define FRAME_WINDOW_UPDATE 8
#define FRAME_CONTINUATION 9

/* Of a body's frame so much is copied: the pad length and the prefix of a message of gRPC. */
#define DATA_HEAD 16
/* Of other frames than header blocks: all of those that matter. */
#define CONTROL_HEAD 64

/* `header`: length and type. */
static __always_inline bool frame_valid(__u32 header)
{
	__u32 length = header >> 8;

	switch (header & 0xff) {
	case FRAME_PRIORITY:
		return length == 5;
	case FRAME_RST_STREAM:
	case FRAME_WINDOW_UPDATE:
		return length == 4;
	case FRAME_SETTINGS:
		return length % 6 == 0;
	case FRAME_PING:
		return length == 8;
	}
	return true;
}

/* Does a usual frame begin here? */
static __always_inline bool frame_plausible(const __u8 *bytes)
{
	__u32 header = __builtin_bswap32(*(const __u32 *)bytes);
	__u32 stream = __builtin_bswap32(*(const __u32 *)(bytes + 5));
	__u8 type = header & 0xff;

	if (header >> 8 > FRAME_LENGTH_USUAL || type > FRAME_CONTINUATION || stream >> 31 ||
	    !frame_valid(header))
		return false;
	if (type == FRAME_SETTINGS || type == FRAME_PING)
		return !stream;
	return stream || type == FRAME_WINDOW_UPDATE;
}

/* Could it, in an operation at `offset`? A client's preface may come later, after an upgrade. */
static __always_inline bool frames_may_begin(const struct socket_state *state, __u64 offset)
{
	return !offset || (state->flags & (SOCKET_JOINED | SOCKET_HTTP2));
}

/*
 * Does HTTP/2 begin with these bytes, the first ones of an operation at `offset`? It does with a client's
 * preface and with a server's settings; in a connection that was joined, or of which the other direction is
 * known, with any frame.
 */
static __always_inline bool frames_begin(struct socket_state *state, struct frames *frames, const __u8 *bytes,
					 __u64 offset, __u32 length)
{
	__u32 preface = 0;

	if (unlikely(__builtin_bswap64(*(const __u64 *)bytes) == PREFACE_BEGIN && length >= PREFACE_BYTES))
		preface = PREFACE_BYTES;
	else if (!frames_may_begin(state, offset) || !frame_plausible(bytes) ||
		 !(state->flags & (SOCKET_JOINED | SOCKET_HTTP2) || bytes[3] == FRAME_SETTINGS))
		return false;
	state->flags |= SOCKET_HTTP2;
	/* The preface is passed like a payload that is copied. */
	frames->left = frames->head = preface;
	frames->seen = 0;
	frames->known = 1;
	return true;
}

/* A frame header was seen. */
static __always_inline void frame_begins(struct frames *frames)
{
	__u32 type = frames->header & 0xff, length = frames->header >> 8, head = CONTROL_HEAD;

	if (type == FRAME_HEADERS || type == FRAME_PUSH_PROMISE || type == FRAME_CONTINUATION)
		head = length;
	else if (type == FRAME_DATA)
		head = DATA_HEAD;
	frames->seen = 0;
	frames->left = length;
	frames->head = head < length ? head : length;
	if (!frame_valid(frames->header))
		frames->known = 0;
}

/* Follows bytes[at, end): the rest of a payload, or a header or a byte of it. Returns how far it came. */
static __always_inline __u32 frames_walk(struct frames *frames, const __u8 *bytes, __u32 at, __u32 end)
{
	__u32 taken = end - at;

	if (frames->left) {
		if (taken > frames->left)
			taken = frames->left;
		frames->left -= taken;
		frames->head = frames->head > taken ? frames->head - taken : 0;
		return at + taken;
	}
	barrier_var(at);
	if (at >= RECORD_BYTES)
		return end;
	if (!frames->seen && taken >= FRAME_HEADER) {
		frames->header = __builtin_bswap32(*(const __u32 *)(bytes + at));
		frame_begins(frames);
		return at + FRAME_HEADER;
	}
	if (frames->seen < sizeof(frames->header))
		frames->header = frames->header << 8 | bytes[at];
	if (++frames->seen == FRAME_HEADER)
		frame_begins(frames);
	return at + 1;
}

/* So many bytes are to be copied, up to where that has to be asked again; 0: a body goes on. */
static __always_inline __u32 frames_wanted(const struct frames *frames)
{
	return frames->left ? frames->head : (__u32)FRAME_HEADER - frames->seen;
}

/* `length` bytes passed without being seen: it does not matter if they are a body's. */
static __always_inline void frames_skip(struct frames *frames, __u32 length)
{
	if (length > frames->left)
		frames->known = 0;
	else
		frames->left -= length;
}

#endif
