"""Can these synthetic rows be trusted?"""
