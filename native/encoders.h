/* What a body can be compressed with beside zlib's formats, which Node has. */
#ifndef SONDE_NATIVE_ENCODERS_H
#define SONDE_NATIVE_ENCODERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde
{

/* Each writes all of the compressed form to out; returns what went wrong, or nullptr. Safe in any thread. */
using Encoder = const char *(*)(const uint8_t *bytes, size_t length, int level, std::vector<uint8_t> &out);

/* nullptr: there is none of this name. */
Encoder EncoderOf(const std::string &name);

} // namespace sonde

#endif
