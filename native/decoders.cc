/* Decoders by the system's libraries: zstd, lz4 (frames), snappy (blocks, and frames of them). */
#include "decoders.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <lz4frame.h>
#include <snappy-c.h>
#include <zstd.h>

#include "snappy_frame.h"

namespace sonde
{

/* 8 MiB: every decoder must have it, and encoders up to level 19 need no more (RFC 8878, 3.1.1.1.2). */
static constexpr int kWindowLogMax = 23;
static constexpr size_t kFirstRoom = 64 * 1024;

/* One byte more than allowed tells that there is more. What a header promises is not believed. */
static size_t FirstRoom(size_t length, size_t limit)
{
	return std::min(limit + 1, std::max(kFirstRoom, length * 4));
}

static Decoded Failed(const char *message, const char *&problem)
{
	problem = message;
	return Decoded::kError;
}

static Decoded DecodeZstd(const uint8_t *bytes, size_t length, size_t limit, std::vector<uint8_t> &out,
			  const char *&problem)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	if (context == nullptr)
		return Failed("zstd: out of memory", problem);
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax);
	out.resize(FirstRoom(length, limit));
	ZSTD_inBuffer from = {bytes, length, 0};
	ZSTD_outBuffer to = {out.data(), out.size(), 0};
	size_t left = length > 0 ? 1 : 0;
	while (!ZSTD_isError(left) && to.pos <= limit && (from.pos < from.size || left > 0)) {
		const size_t before = from.pos + to.pos;
		left = ZSTD_decompressStream(context, &to, &from);
		if (to.pos == to.size && to.size <= limit) {
			out.resize(std::min(limit + 1, out.size() * 2));
			to.dst = out.data();
			to.size = out.size();
		} else if (from.pos + to.pos == before) {
			break;
		}
	}
	ZSTD_freeDCtx(context);
	if (ZSTD_isError(left))
		return Failed(ZSTD_getErrorName(left), problem);
	if (to.pos > limit)
		return Decoded::kTooLong;
	if (left > 0)
		return Failed("unexpected end of data", problem);
	out.resize(to.pos);
	return Decoded::kOk;
}

static Decoded DecodeLz4(const uint8_t *bytes, size_t length, size_t limit, std::vector<uint8_t> &out,
			 const char *&problem)
{
	LZ4F_dctx *context = nullptr;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
		return Failed("lz4: out of memory", problem);
	out.resize(FirstRoom(length, limit));
	size_t in = 0;
	size_t written = 0;
	size_t left = length > 0 ? 1 : 0;
	while (!LZ4F_isError(left) && written <= limit && (in < length || left > 0)) {
		size_t consumed = length - in;
		size_t produced = out.size() - written;
		left =
		    LZ4F_decompress(context, out.data() + written, &produced, bytes + in, &consumed, nullptr);
		in += consumed;
		written += produced;
		if (written == out.size() && out.size() <= limit)
			out.resize(std::min(limit + 1, out.size() * 2));
		else if (consumed + produced == 0)
			break;
	}
	LZ4F_freeDecompressionContext(context);
	if (LZ4F_isError(left))
		return Failed(LZ4F_getErrorName(left), problem);
	if (written > limit)
		return Decoded::kTooLong;
	if (left > 0)
		return Failed("unexpected end of data", problem);
	out.resize(written);
	return Decoded::kOk;
}

/* One block behind what out has. */
static Decoded AppendBlock(const uint8_t *bytes, size_t length, size_t limit, std::vector<uint8_t> &out,
			   const char *&problem)
{
	const auto *block = reinterpret_cast<const char *>(bytes);
	size_t size = 0;
	if (snappy_uncompressed_length(block, length, &size) != SNAPPY_OK)
		return Failed("snappy: corrupt input", problem);
	const size_t before = out.size();
	if (size > limit - before)
		return Decoded::kTooLong;
	out.resize(before + size);
	if (snappy_uncompress(block, length, reinterpret_cast<char *>(out.data() + before), &size) !=
	    SNAPPY_OK)
		return Failed("snappy: corrupt input", problem);
	return Decoded::kOk;
}

static uint32_t LittleEndian(const uint8_t *bytes, int count)
{
	uint32_t value = 0;
	for (int i = 0; i < count; i++)
		value |= static_cast<uint32_t>(bytes[i]) << (8 * i);
	return value;
}

static bool HasStreamId(const uint8_t *bytes, size_t length)
{
	return length >= sizeof(kStreamId) && memcmp(bytes, kStreamId, sizeof(kStreamId)) == 0;
}

static Decoded DecodeSnappyFramed(const uint8_t *bytes, size_t length, size_t limit,
				  std::vector<uint8_t> &out, const char *&problem)
{
	static const char *const kCorrupt = "snappy: corrupt input";
	out.clear();
	if (length > 0 && !HasStreamId(bytes, length))
		return Failed(kCorrupt, problem);
	for (size_t at = 0; at < length;) {
		if (length - at < 4)
			return Failed("unexpected end of data", problem);
		const uint8_t type = bytes[at];
		const size_t size = LittleEndian(bytes + at + 1, 3);
		const uint8_t *body = bytes + at + 4;
		if (size > length - at - 4)
			return Failed("unexpected end of data", problem);
		at += 4 + size;
		if (type == kStreamId[0]) {
			if (!HasStreamId(body - 4, size + 4) || size != sizeof(kStreamId) - 4)
				return Failed(kCorrupt, problem);
			continue;
		}
		/* 0x80 to 0xfe may be passed over, 0x02 to 0x7f may not. */
		if (type > kStored) {
			if (type < 0x80)
				return Failed("snappy: unsupported input", problem);
			continue;
		}
		if (size < 4)
			return Failed(kCorrupt, problem);
		const size_t before = out.size();
		if (type == kCompressed) {
			const size_t most = std::min(limit, before + kMaxFrameContent);
			const Decoded block = AppendBlock(body + 4, size - 4, most, out, problem);
			if (block == Decoded::kTooLong && most < limit)
				return Failed(kCorrupt, problem);
			if (block != Decoded::kOk)
				return block;
		} else {
			if (size - 4 > kMaxFrameContent)
				return Failed(kCorrupt, problem);
			if (size - 4 > limit - before)
				return Decoded::kTooLong;
			out.insert(out.end(), body + 4, body + size);
		}
		if (MaskedCrc(out.data() + before, out.size() - before) != LittleEndian(body, 4))
			return Failed(kCorrupt, problem);
	}
	return Decoded::kOk;
}

/* `snappy` once was the name of the framed form, and the Collector still takes it so. */
static Decoded DecodeSnappy(const uint8_t *bytes, size_t length, size_t limit, std::vector<uint8_t> &out,
			    const char *&problem)
{
	if (HasStreamId(bytes, length))
		return DecodeSnappyFramed(bytes, length, limit, out, problem);
	out.clear();
	return AppendBlock(bytes, length, limit, out, problem);
}

Decoder DecoderOf(const std::string &name)
{
	if (name == "zstd")
		return DecodeZstd;
	if (name == "lz4")
		return DecodeLz4;
	if (name == "snappy")
		return DecodeSnappy;
	return name == "x-snappy-framed" ? DecodeSnappyFramed : nullptr;
}

} // namespace sonde
