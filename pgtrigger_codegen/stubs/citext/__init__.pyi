from citext.fields import CICharField, CIEmailField, CITextField
