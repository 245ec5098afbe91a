{
  'variables': {
    # node-gyp configure -- -Daddress_sanitizer=1: scripts/asan.sh
    'address_sanitizer%': 0,
  },
  'targets': [
    {
      'target_name': 'sonde',
      'sources': [
        'native/addon.cc',
        'native/btf.cc',
        'native/clock.cc',
        'native/error.cc',
        'native/iterate.cc',
        'native/link.cc',
        'native/map.cc',
        'native/mapping.cc',
        'native/memory.cc',
        'native/object.cc',
        'native/probe.cc',
        'native/ring.cc',
        'native/watcher.cc',
      ],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")", 'bpf'],
      'defines': [
        'NAPI_VERSION=9', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED',
        # A worker that is being terminated cannot be thrown at: not a reason to abort the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc': [
        '-std=c++17', '-fvisibility=hidden', '-fno-rtti', '-fno-exceptions',
        '-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-Wno-cast-function-type',
      ],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++14'],
      # Debian's libbpf.a is not position independent: the shared library.
      'libraries': ['-lbpf'],
      'ldflags': ['-Wl,-z,now'],
      'conditions': [
        ['address_sanitizer==1', {
          'cflags_cc': ['-fsanitize=address,undefined', '-fno-omit-frame-pointer', '-fno-sanitize=vptr'],
          'ldflags': ['-fsanitize=address,undefined'],
        }],
      ],
    },
    {
      # Apart from the tap's addon: only bodies in zstd, lz4 and snappy need it.
      'target_name': 'compression',
      'sources': ['native/compression.cc', 'native/decoders.cc', 'native/encoders.cc'],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'cflags_cc': [
        '-std=c++17', '-fvisibility=hidden', '-fno-rtti', '-fno-exceptions',
        '-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-Wno-cast-function-type',
      ],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++14'],
      'libraries': ['-lzstd', '-llz4', '-lsnappy'],
      'ldflags': ['-Wl,-z,now'],
      'conditions': [
        ['address_sanitizer==1', {
          'cflags_cc': ['-fsanitize=address,undefined', '-fno-omit-frame-pointer', '-fno-sanitize=vptr'],
          'ldflags': ['-fsanitize=address,undefined'],
        }],
      ],
    },
  ],
}
