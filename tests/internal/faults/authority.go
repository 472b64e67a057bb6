package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// Certificate is the kind of certificate that a TLS server sends.
type Certificate int

// The kinds of certificates, and an old version of TLS with a valid certificate.
const (
	Valid Certificate = iota
	Expired
	WrongName
	UnknownAuthority
	OldVersion
)

// Authority makes certificates for loopback addresses.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	kinds       map[Certificate]tls.Certificate
}

// NewAuthority returns an authority with a certificate of each kind.
func NewAuthority() (*Authority, error) {
	a, err := newRoot()
	if err != nil {
		return nil, err
	}
	stranger, err := newRoot()
	if err != nil {
		return nil, err
	}
	loopback, elsewhere := net.IPv4(127, 0, 0, 1), net.IPv4(192, 0, 2, 1)
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	a.kinds = map[Certificate]tls.Certificate{}
	for kind, make := range map[Certificate]func() (tls.Certificate, error){
		Valid:            func() (tls.Certificate, error) { return a.issue(loopback, future) },
		Expired:          func() (tls.Certificate, error) { return a.issue(loopback, past) },
		WrongName:        func() (tls.Certificate, error) { return a.issue(elsewhere, future) },
		UnknownAuthority: func() (tls.Certificate, error) { return stranger.issue(loopback, future) },
	} {
		if a.kinds[kind], err = make(); err != nil {
			return nil, err
		}
	}
	a.kinds[OldVersion] = a.kinds[Valid]
	return a, nil
}

// Pool returns the pool with which a client trusts the authority.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func (a *Authority) config(kind Certificate) *tls.Config {
	c := &tls.Config{
		Certificates: []tls.Certificate{a.kinds[kind]}, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
	}
	if kind == OldVersion {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}
	return c
}

func newRoot() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "becket test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return &Authority{certificate: certificate, key: key}, err
}

func (a *Authority) issue(address net.IP, until time.Time) (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "becket test server"},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, IPAddresses: []net.IP{address},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &a.key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: a.key}, nil
}

// PEM returns a certificate and its key in PEM form.
func (a *Authority) PEM(kind Certificate) (certificate, key []byte, err error) {
	raw, err := x509.MarshalPKCS8PrivateKey(a.kinds[kind].PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.kinds[kind].Certificate[0]})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}
