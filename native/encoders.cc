/* Encoders by the system's libraries: zstd, lz4 (frames), snappy (blocks, and frames of them). */
#include "encoders.h"

#include <algorithm>
#include <iterator>

#include <lz4frame.h>
#include <snappy-c.h>
#include <zstd.h>

#include "snappy_frame.h"

namespace sonde
{

static const char *EncodeZstd(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out)
{
	out.resize(ZSTD_compressBound(length));
	const size_t size = ZSTD_compress(out.data(), out.size(), bytes, length, level);
	if (ZSTD_isError(size))
		return ZSTD_getErrorName(size);
	out.resize(size);
	return nullptr;
}

static const char *EncodeLz4(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out)
{
	LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
	preferences.frameInfo.contentSize = length;
	/* Blocks of 64 KiB, which every reader has room for. */
	preferences.frameInfo.blockSizeID = LZ4F_max64KB;
	preferences.compressionLevel = level;
	out.resize(LZ4F_compressFrameBound(length, &preferences));
	const size_t size = LZ4F_compressFrame(out.data(), out.size(), bytes, length, &preferences);
	if (LZ4F_isError(size))
		return LZ4F_getErrorName(size);
	out.resize(size);
	return nullptr;
}

/* One block at the end of out. */
static const char *AppendBlock(const uint8_t *bytes, size_t length, std::vector<uint8_t> &out)
{
	const size_t before = out.size();
	size_t size = snappy_max_compressed_length(length);
	out.resize(before + size);
	if (snappy_compress(reinterpret_cast<const char *>(bytes), length,
			    reinterpret_cast<char *>(out.data() + before), &size) != SNAPPY_OK)
		return "snappy: cannot compress";
	out.resize(before + size);
	return nullptr;
}

static const char *EncodeSnappy(const uint8_t *bytes, size_t length, int, std::vector<uint8_t> &out)
{
	out.clear();
	/* The length is a varint of 32 bits. */
	return length > UINT32_MAX ? "snappy: too long" : AppendBlock(bytes, length, out);
}

/* Type, length of what follows (24 bits), checksum of the content. */
static constexpr size_t kFrameHead = 8;

static const char *EncodeSnappyFramed(const uint8_t *bytes, size_t length, int, std::vector<uint8_t> &out)
{
	out.assign(std::begin(kStreamId), std::end(kStreamId));
	out.reserve(snappy_max_compressed_length(length));
	for (size_t at = 0; at < length; at += kMaxFrameContent) {
		const size_t content = std::min(kMaxFrameContent, length - at);
		const size_t head = out.size();
		out.resize(head + kFrameHead);
		const char *problem = AppendBlock(bytes + at, content, out);
		if (problem != nullptr)
			return problem;
		const bool stored = out.size() - head - kFrameHead >= content;
		if (stored) {
			out.resize(head + kFrameHead);
			out.insert(out.end(), bytes + at, bytes + at + content);
		}
		const size_t follows = out.size() - head - 4;
		const uint32_t crc = MaskedCrc(bytes + at, content);
		for (size_t i = 0; i < 3; i++)
			out[head + 1 + i] = static_cast<uint8_t>(follows >> (8 * i));
		for (size_t i = 0; i < 4; i++)
			out[head + 4 + i] = static_cast<uint8_t>(crc >> (8 * i));
		out[head] = stored ? kStored : kCompressed;
	}
	return nullptr;
}

Encoder EncoderOf(const std::string &name)
{
	if (name == "zstd")
		return EncodeZstd;
	if (name == "lz4")
		return EncodeLz4;
	if (name == "snappy")
		return EncodeSnappy;
	return name == "x-snappy-framed" ? EncodeSnappyFramed : nullptr;
}

} // namespace sonde
