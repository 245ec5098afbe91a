/* What a body can be compressed with beside zlib's formats, which Node has. */
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde
{

/* Each writes all of the compressed form to out; returns what went wrong, or nullptr. Safe in any thread. */
using Encoder = const char *(*)(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);

const char *EncodeZstd(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);
const char *EncodeLz4(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);
const char *EncodeSnappy(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);
const char *EncodeSnappyFramed(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);

/* nullptr: there is none of this name. */
Encoder EncoderOf(const std::string &name);

} // namespace sonde
