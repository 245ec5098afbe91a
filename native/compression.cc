/* compression.node: what Node 20 has not: zstd both ways (Node: since 22.15), lz4 and snappy out. No state.
 */
#include <napi.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "encoders.h"

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

/* In one of libuv's threads; the bytes may not change meanwhile. */
class CompressWorker final : public Napi::AsyncWorker
{
      public:
	CompressWorker(Napi::Uint8Array bytes, Encoder encoder, int level)
	    : Napi::AsyncWorker(bytes.Env()), deferred_(bytes.Env()), keep_(Napi::Persistent(bytes)),
	      bytes_(bytes.Data()), length_(bytes.ByteLength()), encoder_(encoder), level_(level)
	{
	}

	void Execute() override
	{
		const char *problem = encoder_(bytes_, length_, level_, out_);
		if (problem != nullptr)
			SetError(problem);
	}

	void OnOK() override
	{
		deferred_.Resolve(Napi::Buffer<uint8_t>::Copy(Env(), out_.data(), out_.size()));
	}

	void OnError(const Napi::Error &error) override
	{
		deferred_.Reject(error.Value());
	}

	Napi::Promise Promise() const
	{
		return deferred_.Promise();
	}

      private:
	Napi::Promise::Deferred deferred_;
	Napi::Reference<Napi::Uint8Array> keep_;
	const uint8_t *bytes_;
	size_t length_;
	Encoder encoder_;
	int level_;
	std::vector<uint8_t> out_;
};

/* compress(name, bytes, level, inThread): the compressed bytes, or a promise of them. */
static Napi::Value Compress(const Napi::CallbackInfo &info)
{
	const Napi::Env env = info.Env();
	if (info.Length() != 4 || !info[0].IsString() || !info[1].IsTypedArray() || !info[2].IsNumber())
		return Fail(env, "compress(name, bytes, level, inThread)");
	const Encoder encoder = EncoderOf(info[0].As<Napi::String>().Utf8Value());
	const auto bytes = info[1].As<Napi::Uint8Array>();
	const int level = info[2].As<Napi::Number>().Int32Value();
	if (encoder == nullptr)
		return Fail(env, "no such compression");
	if (info[3].ToBoolean()) {
		auto *worker = new CompressWorker(bytes, encoder, level);
		const Napi::Promise promise = worker->Promise();
		worker->Queue();
		return promise;
	}
	std::vector<uint8_t> out;
	const char *problem = encoder(bytes.Data(), bytes.ByteLength(), level, out);
	if (problem != nullptr)
		return Fail(env, problem);
	return Napi::Buffer<uint8_t>::Copy(env, out.data(), out.size());
}

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	exports.Set("decompress", Napi::Function::New<Decompress>(env, "decompress"));
	exports.Set("compress", Napi::Function::New<Compress>(env, "compress"));
	return exports;
}

NODE_API_MODULE(compression, Init)

} // namespace sonde
