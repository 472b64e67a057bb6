package ofrep

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
)

// Error codes of the protocol for requests that cannot be read. becket has the codes of
// evaluations.
const (
	codeParse   = "PARSE_ERROR"
	codeContext = "INVALID_CONTEXT"
)

// success is the answer for a flag. If Value is absent, callers use their default.
type success struct {
	Key      string         `json:"key"`
	Value    any            `json:"value,omitempty"`
	Reason   becket.Reason  `json:"reason"`
	Variant  string         `json:"variant,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// failure is the answer to a failed request or evaluation.
type failure struct {
	Key     string `json:"key,omitempty"`
	Code    string `json:"errorCode"`
	Details string `json:"errorDetails"`
	status  int
}

// bulk is the answer for all flags. Its metadata belongs to the ruleset, so that a new revision
// does not make every flag look changed.
type bulk struct {
	Flags        []any          `json:"flags"`
	Metadata     map[string]any `json:"metadata,omitempty"`
	EventStreams []eventStream  `json:"eventStreams,omitempty"`
}

// answerOf returns the answer for a flag, a *success or a *failure. Requests for one flag and for
// all flags use the same answer.
func answerOf(key string, metadata map[string]any, r *becket.Result) any {
	if r.Err != nil {
		return failed(key, r.Err)
	}
	answer := &success{Key: key, Reason: r.Reason, Metadata: metadata}
	if r.Variant == nil {
		return answer
	}
	value, ok := encodable(r.Variant.Value)
	if !ok {
		return failed(key, becket.ErrParse)
	}
	answer.Variant, answer.Value = r.Variant.Name, value
	return answer
}

// encodable returns a value in a form that encoding/json writes without loss. Objects stay as they
// are in the ruleset, so that their numbers are not converted to float64. A value that callers
// could not read, such as an object with 1e400 in it, is left out: it would make the answers for
// all other flags unreadable.
func encodable(value becket.Value) (any, bool) {
	decoded := value.Any()
	if raw := value.Raw(); raw != nil {
		return json.RawMessage(raw), decoded != nil
	}
	_, err := json.Marshal(decoded)
	return decoded, err == nil
}

// withOrigin returns a copy of the metadata with the ruleset's revision and environment, for
// OpenFeature's telemetry.
func withOrigin(metadata map[string]any, view becket.View) map[string]any {
	all := map[string]any{}
	maps.Copy(all, metadata)
	all["version"] = strconv.FormatInt(view.Revision(), 10)
	if environment := view.Environment(); environment != "" {
		all["flagSetId"] = environment
	}
	return all
}

func refuse(status int, code, details string) *failure {
	return &failure{Code: code, Details: details, status: status}
}

// words holds the text for each error code of an evaluation. The texts of errors are not sent:
// errors of formats and overrides may name other flags, which the caller may not see.
var words = map[becket.ErrorCode]string{
	becket.CodeFlagNotFound:        becket.ErrFlagNotFound.Message,
	becket.CodeTypeMismatch:        becket.ErrTypeMismatch.Message,
	becket.CodeTargetingKeyMissing: becket.ErrTargetingKeyMissing.Message,
	becket.CodeParseError:          becket.ErrParse.Message,
	becket.CodeProviderNotReady:    becket.ErrNotReady.Message,
	becket.CodeGeneral:             "the evaluation failed",
}

// failed returns an evaluation's error as its code and the code's text. An unknown code becomes
// GENERAL.
func failed(key string, err *becket.EvaluationError) *failure {
	code := err.Code
	if words[code] == "" {
		code = becket.CodeGeneral
	}
	f := &failure{Key: key, Code: string(code), Details: words[code], status: http.StatusBadRequest}
	switch code {
	case becket.CodeFlagNotFound:
		f.status = http.StatusNotFound
	case becket.CodeProviderNotReady:
		f.status = http.StatusInternalServerError
	}
	return f
}

func reply(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	write(w, status, body)
}

// replyTagged sends the answer with an ETag of its content. A caller that already has the content
// gets 304 without a body. The ETag depends on the answer and not on the ruleset, because another
// context, a schedule or a ramp can change the answer too.
func replyTagged(w http.ResponseWriter, r *http.Request, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
	w.Header().Set("ETag", tag)
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, http.StatusOK, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// matches compares ETags weakly, as RFC 9110 requires for If-None-Match: proxies that compress an
// answer make its ETag weak.
func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for candidate := range strings.SplitSeq(field, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
