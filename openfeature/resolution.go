package openfeature

import (
	"fmt"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/internal/wording"
	of "github.com/open-feature/go-sdk/openfeature"
)

// inlineAttributes is the number of attributes that an evaluation keeps on its stack. More
// attributes cost one allocation.
const inlineAttributes = 16

// resolve evaluates a flag and describes the answer in d. It returns nil if the caller's default is
// the answer.
func (p *Provider) resolve(
	flag string, kind becket.Kind, flat of.FlattenedContext, d *of.ProviderResolutionDetail,
) *becket.Variant {
	var room [inlineAttributes]becket.Attribute
	client := p.Client()
	view := client.For(subjectOf(flat, room[:0]))
	r := view.Resolve(flag, kind)
	describe(d, flag, &r)
	if p != nil {
		d.FlagMetadata = p.flagMetadata(client, view, flag, &r)
	}
	return r.Variant
}

// describe translates a result to OpenFeature's terms. The reasons already have OpenFeature's
// names. PREREQUISITE_FAILED and OVERRIDE have no counterpart and stay as they are, which the
// specification allows.
func describe(d *of.ProviderResolutionDetail, flag string, r *becket.Result) {
	d.Reason = of.Reason(r.Reason)
	if r.Variant != nil {
		d.Variant = r.Variant.Name
	}
	if r.Err != nil {
		d.ResolutionError = resolutionError(flag, r.Err)
	}
}

func (p *Provider) flagMetadata(
	client *becket.Client, view becket.View, flag string, r *becket.Result,
) of.FlagMetadata {
	if p.config.bare {
		return p.hidden
	}
	if r.Err != nil && r.Err.Code == becket.CodeFlagNotFound {
		flag = "" // callers can make up any number of keys
	}
	return p.metadata.of(client, view, metadataKey{flag, r.Rule})
}

// resolutionError keeps the code and adds the flag's key to the message. In becket, the detail has
// the key, but the SDK's errors have no field for it.
func resolutionError(flag string, err *becket.EvaluationError) of.ResolutionError {
	text := fmt.Sprintf("flag %q: %s", flag, wording.Unprefixed(err))
	switch err.Code {
	case becket.CodeFlagNotFound:
		return of.NewFlagNotFoundResolutionError(text)
	case becket.CodeTypeMismatch:
		return of.NewTypeMismatchResolutionError(text)
	case becket.CodeTargetingKeyMissing:
		return of.NewTargetingKeyMissingResolutionError(text)
	case becket.CodeParseError:
		return of.NewParseErrorResolutionError(text, err)
	case becket.CodeProviderNotReady:
		return of.NewProviderNotReadyResolutionError(text)
	default:
		return of.NewGeneralResolutionError(text, err)
	}
}
