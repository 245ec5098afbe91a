/* Frames of snappy blocks: https://github.com/google/snappy/blob/main/framing_format.txt */
#ifndef SONDE_NATIVE_SNAPPY_FRAME_H
#define SONDE_NATIVE_SNAPPY_FRAME_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace sonde
{

inline constexpr uint8_t kStreamId[] = {0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};
inline constexpr size_t kMaxFrameContent = 65536;
/* Types of frames that have content. */
inline constexpr uint8_t kCompressed = 0;
inline constexpr uint8_t kStored = 1;

/* CRC-32C (Castagnoli), reflected. */
constexpr std::array<uint32_t, 256> MakeCrcTable()
{
	std::array<uint32_t, 256> table{};
	for (uint32_t i = 0; i < table.size(); i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78U : crc >> 1;
		table[i] = crc;
	}
	return table;
}

inline constexpr auto kCrcTable = MakeCrcTable();

/* Of the content, masked as section 3 says. */
inline uint32_t MaskedCrc(const uint8_t *bytes, size_t length)
{
	uint32_t crc = ~0U;
	for (size_t i = 0; i < length; i++)
		crc = kCrcTable[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
	crc = ~crc;
	return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

} // namespace sonde

#endif
