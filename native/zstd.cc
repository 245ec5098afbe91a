/* zstd.node: decompression of request bodies by libzstd, which Node has only since 22.15. No state. */
#include <napi.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace sonde
{

/* 8 MiB: every decoder must have it, and encoders up to level 19 need no more (RFC 8878, 3.1.1.1.2). */
static constexpr int kWindowLogMax = 23;
static constexpr size_t kFirstRoom = 64 * 1024;

static Napi::Value Fail(Napi::Env env, const char *message)
{
	Napi::Error::New(env, message).ThrowAsJavaScriptException();
	return env.Undefined();
}

/* decompress(bytes, limit): the content of all frames; undefined when it is longer than limit; throws what is
 * no zstd. */
static Napi::Value Decompress(const Napi::CallbackInfo &info)
{
	const Napi::Env env = info.Env();
	if (info.Length() != 2 || !info[0].IsTypedArray() || !info[1].IsNumber())
		return Fail(env, "decompress(bytes, limit)");
	const auto bytes = info[0].As<Napi::Uint8Array>();
	const auto limit = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());

	ZSTD_DCtx *context = ZSTD_createDCtx();
	if (context == nullptr)
		return Fail(env, "zstd: out of memory");
	ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax);

	/* One byte more than allowed tells that there is more. What a header promises is not believed. */
	std::vector<char> out(std::min(limit + 1, std::max(kFirstRoom, bytes.ByteLength() * 4)));
	ZSTD_inBuffer from = {bytes.Data(), bytes.ByteLength(), 0};
	ZSTD_outBuffer to = {out.data(), out.size(), 0};
	size_t left = bytes.ByteLength() > 0 ? 1 : 0;
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
		return Fail(env, ZSTD_getErrorName(left));
	if (to.pos > limit)
		return env.Undefined();
	if (left > 0)
		return Fail(env, "unexpected end of data");
	return Napi::Buffer<char>::Copy(env, out.data(), to.pos);
}

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	exports.Set("decompress", Napi::Function::New<Decompress>(env, "decompress"));
	return exports;
}

NODE_API_MODULE(zstd, Init)

} // namespace sonde
