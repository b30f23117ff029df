"""What a data protection officer asks for: access, erasure, retention."""
