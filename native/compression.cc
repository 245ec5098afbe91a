/* compression.node: zstd (which Node has since 22.15 only), lz4 and snappy, both ways. No state. */
#include <napi.h>

#include <cstddef>
#include <vector>

#include "decoders.h"
#include "encoders.h"

namespace sonde
{

static Napi::Value Fail(Napi::Env env, const char *message)
{
	Napi::Error::New(env, message).ThrowAsJavaScriptException();
	return env.Undefined();
}

/* decompress(name, bytes, limit): the content; undefined when it is longer than limit; throws what is none.
 */
static Napi::Value Decompress(const Napi::CallbackInfo &info)
{
	const Napi::Env env = info.Env();
	if (info.Length() != 3 || !info[0].IsString() || !info[1].IsTypedArray() || !info[2].IsNumber())
		return Fail(env, "decompress(name, bytes, limit)");
	const Decoder decoder = DecoderOf(info[0].As<Napi::String>().Utf8Value());
	const auto bytes = info[1].As<Napi::Uint8Array>();
	const auto limit = static_cast<size_t>(info[2].As<Napi::Number>().Int64Value());
	if (decoder == nullptr)
		return Fail(env, "no such compression");
	std::vector<uint8_t> out;
	const char *problem = nullptr;
	switch (decoder(bytes.Data(), bytes.ByteLength(), limit, out, problem)) {
	case Decoded::kOk:
		return Napi::Buffer<uint8_t>::Copy(env, out.data(), out.size());
	case Decoded::kTooLong:
		return env.Undefined();
	default:
		return Fail(env, problem);
	}
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
