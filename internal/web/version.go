package web

// Version is the library's version, as requests name it in their User-Agent.
const Version = "0.1.0"
