package native

import "bytes"

// ReadValues reads an object with keys and values, such as a file of overrides. It returns the
// valid values in the order of the document, and the problems.
func ReadValues(body []byte) (values []Variant, problems []*Problem) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	w := newWorkers(body, 1, func() Compiler { return nil })
	defer w.stop()
	r := newReader(body, w)
	if problem := r.checkSyntax(); problem != nil {
		return nil, []*Problem{problem}
	}
	r.object(func(name string, at int) {
		r.checkKey(name, at)
		if v := r.variant(name, at); v.Value.Kind != Untyped {
			values = append(values, v)
		}
	})
	return values, r.noted()
}
