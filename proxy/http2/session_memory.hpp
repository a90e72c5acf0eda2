// Where nghttp2 has its memory: the allocator's, but for the one block of 16 KiB in which a session puts frames together.
// Bodies do not go through it, so that hardly more than its first page is ever touched. Among the allocator's blocks it
// would lie on pages that a handshake has used before, and keep all of them for as long as its client is connected. Small
// blocks, of which a request takes and gives back a dozen, are kept by their thread for the next.
#pragma once

#include <nghttp2/nghttp2.h>

namespace opslb::http2 {

/// For nghttp2_session_server_new3(). A session must end on the thread that made it.
nghttp2_mem* session_memory();

}  // namespace opslb::http2
